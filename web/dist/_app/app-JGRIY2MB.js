import"./chunk-2DVVSWYM.js";
