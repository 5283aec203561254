import"./chunk-ZVGTVGHX.js";
