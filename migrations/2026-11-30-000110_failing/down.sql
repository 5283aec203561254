DROP INDEX items_failing;
