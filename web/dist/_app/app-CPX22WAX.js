import"./chunk-MTNZSORI.js";
