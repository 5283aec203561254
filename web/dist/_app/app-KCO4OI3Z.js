import"./chunk-RSDUQLM6.js";
