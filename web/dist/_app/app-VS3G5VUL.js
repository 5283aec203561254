import"./chunk-LOGOULW6.js";
