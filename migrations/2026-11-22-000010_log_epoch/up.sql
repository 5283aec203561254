-- Which log this is: stays over restarts, and changes when the files were put back from a copy, so that no client
-- takes the numbers of one log for those of another. `log_home` is the file that the name was given to.
ALTER TABLE server ADD COLUMN log_epoch TEXT;
ALTER TABLE server ADD COLUMN log_home TEXT;
