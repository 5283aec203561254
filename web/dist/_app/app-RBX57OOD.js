import"./chunk-KJFJSU6D.js";
