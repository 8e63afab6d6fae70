-- Which instances a token sees and writes: {"instances": [names], "labels": {k: v}} as JSON; NULL: all.
ALTER TABLE tokens ADD COLUMN binding TEXT;
