import"./chunk-SG34QMPJ.js";
