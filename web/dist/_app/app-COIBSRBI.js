import"./chunk-IIBPXAXV.js";
