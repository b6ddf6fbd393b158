-- What the seller says of an article (SkuReady): pictures are held against it (R-54). The newest version only.

CREATE TABLE sku_card (
    sku         text PRIMARY KEY,
    version     int NOT NULL CHECK (version >= 1),
    title       text NOT NULL,
    description text NOT NULL,
    kit         jsonb NOT NULL
);
