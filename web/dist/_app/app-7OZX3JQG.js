import"./chunk-6XKGQCJ3.js";
