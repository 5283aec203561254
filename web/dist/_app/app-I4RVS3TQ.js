import"./chunk-XHCHHKK7.js";
