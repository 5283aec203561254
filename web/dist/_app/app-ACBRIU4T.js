import"./chunk-PNKTPT3N.js";
