-- Items whose newest attempt failed, by what it failed of. Few rows change while all goes well: it holds none of those.
CREATE INDEX items_failing ON items (batch, failure, state, position) WHERE failure IS NOT NULL;
