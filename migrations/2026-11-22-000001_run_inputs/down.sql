DROP TABLE run_inputs;
