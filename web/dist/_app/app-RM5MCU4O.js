import"./chunk-O7JHGFLR.js";
