import"./chunk-67IO3RPL.js";
