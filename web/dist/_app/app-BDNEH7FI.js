import"./chunk-SF4LYBZF.js";
