import"./chunk-VHEHGFXA.js";
