import"./chunk-QS7XPRNB.js";
