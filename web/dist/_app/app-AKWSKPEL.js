import"./chunk-7YKVFRPM.js";
