import"./chunk-ETZQE6NN.js";
