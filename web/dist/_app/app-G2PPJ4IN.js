import"./chunk-RUP2P3GU.js";
