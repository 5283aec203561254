import"./chunk-MRM7BQCY.js";
