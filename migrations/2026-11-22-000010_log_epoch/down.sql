ALTER TABLE server DROP COLUMN log_home;
ALTER TABLE server DROP COLUMN log_epoch;
