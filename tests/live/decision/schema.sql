-- A chain of stores with a web shop. Facts of a customer lie with the customer
-- (customers, sales, lines, returns, clicks by customer_id), stock with its store
-- (inventory by store_id, which is another key); dimensions are in every group; targets
-- stay at home.
CREATE TABLE dates (
    day date PRIMARY KEY, year int NOT NULL, month int NOT NULL, week int NOT NULL,
    weekday int NOT NULL, holiday boolean NOT NULL);
CREATE TABLE items (
    item_id int PRIMARY KEY, brand text COLLATE "C" NOT NULL, category text COLLATE "C" NOT NULL,
    list_price numeric(8, 2) NOT NULL, cost numeric(8, 2) NOT NULL);
CREATE TABLE stores (
    store_id int PRIMARY KEY, name text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL,
    opened date NOT NULL);
CREATE TABLE promotions (
    promotion_id int PRIMARY KEY, channel text COLLATE "C" NOT NULL, starts date NOT NULL,
    ends date NOT NULL);
CREATE TABLE customers (
    customer_id int PRIMARY KEY, name text COLLATE "C" NOT NULL, city text COLLATE "C",
    birth_year int, segment text COLLATE "C" NOT NULL, recruited_by int);
CREATE TABLE sales (
    customer_id int NOT NULL, sale_id int NOT NULL, day date NOT NULL, store_id int,
    channel text COLLATE "C" NOT NULL, PRIMARY KEY (customer_id, sale_id));
CREATE TABLE lines (
    customer_id int NOT NULL, sale_id int NOT NULL, line_no int NOT NULL, item_id int NOT NULL,
    quantity int NOT NULL, price numeric(8, 2) NOT NULL, promotion_id int,
    PRIMARY KEY (customer_id, sale_id, line_no));
CREATE TABLE returns (
    customer_id int NOT NULL, return_id int NOT NULL, sale_id int NOT NULL, line_no int NOT NULL,
    day date NOT NULL, quantity int NOT NULL, reason text COLLATE "C",
    PRIMARY KEY (customer_id, return_id));
CREATE TABLE clicks (
    customer_id int NOT NULL, click_id int NOT NULL, day date NOT NULL, item_id int NOT NULL,
    action text COLLATE "C" NOT NULL, seconds int, PRIMARY KEY (customer_id, click_id));
CREATE TABLE inventory (
    store_id int NOT NULL, item_id int NOT NULL, day date NOT NULL, on_hand int NOT NULL,
    PRIMARY KEY (store_id, item_id, day));
CREATE TABLE targets (
    region text COLLATE "C" NOT NULL, quarter int NOT NULL, amount numeric(12, 2) NOT NULL,
    PRIMARY KEY (region, quarter));

INSERT INTO dates
    SELECT d, extract(year FROM d), extract(month FROM d), extract(week FROM d),
        extract(isodow FROM d), extract(doy FROM d) IN (1, 121, 359)
    FROM generate_series(date '2024-01-01', date '2025-12-31', interval '1 day') AS g(d);
INSERT INTO items
    SELECT i, 'brand ' || chr(65 + i % 7), (ARRAY['books', 'music', 'shoes', 'tools', 'toys'])[1 + i % 5],
        5 + i * 37 % 190 + 0.99, 3 + i * 37 % 190 * 0.6
    FROM generate_series(1, 120) i;
INSERT INTO stores
    SELECT i, 'store ' || i, (ARRAY['north', 'east', 'south', 'west'])[1 + i % 4],
        date '2015-01-01' + i * 211
    FROM generate_series(1, 12) i;
INSERT INTO promotions
    SELECT i, (ARRAY['mail', 'radio', 'web'])[1 + i % 3], date '2024-01-10' + i * 45,
        date '2024-01-10' + i * 45 + 20
    FROM generate_series(1, 15) i;
INSERT INTO customers
    SELECT i, 'customer ' || i, nullif((ARRAY['Aarhus', 'Bern', 'Cork', 'Dijon', '?'])[1 + i % 5], '?'),
        nullif(1940 + i * 7 % 65, 1950), (ARRAY['home', 'office', 'school'])[1 + i % 3],
        nullif(i / 3, 0)
    FROM generate_series(1, 300) i;
INSERT INTO sales
    SELECT 1 + i * 31 % 280, i, date '2024-01-01' + i * 17 % 731,
        CASE WHEN i % 3 = 0 THEN NULL ELSE 1 + i % 11 END, CASE WHEN i % 3 = 0 THEN 'web' ELSE 'store' END
    FROM generate_series(1, 2500) i;
INSERT INTO lines
    SELECT s.customer_id, s.sale_id, n, 1 + (s.sale_id * 13 + n * 29) % 115, 1 + (s.sale_id + n) % 5,
        10 + (s.sale_id * 7 + n * 3) % 180 + 0.25 * n,
        CASE WHEN (s.sale_id + n) % 4 = 0 THEN 1 + (s.sale_id + n) % 15 END
    FROM (SELECT 1 + i * 31 % 280 AS customer_id, i AS sale_id FROM generate_series(1, 2500) i) s,
        generate_series(1, 2) n;
INSERT INTO returns
    SELECT 1 + i * 31 % 280, i, i, 1 + i % 2, date '2024-01-10' + i * 17 % 720, 1 + i % 2,
        nullif((ARRAY['broken', 'late', 'size', ''])[1 + i % 4], '')
    FROM generate_series(3, 2500, 9) i;
INSERT INTO clicks
    SELECT 1 + i * 53 % 300, i, date '2024-01-01' + i * 11 % 731, 1 + (i * 19 + i / 300) % 120,
        (ARRAY['view', 'view', 'view', 'cart', 'buy'])[1 + i % 5], nullif(i % 97, 13)
    FROM generate_series(1, 4000) i;
INSERT INTO inventory
    SELECT s, i, date '2024-03-31' + q * 91, (s * 17 + i * 23 + q * 41) % 60
    FROM generate_series(1, 12) s, generate_series(1, 60) i, generate_series(0, 3) q;
INSERT INTO targets
    SELECT r, q, 20000 + 1500 * q + length(r) * 1000
    FROM unnest(ARRAY['east', 'north', 'south', 'up']) r, generate_series(1, 4) q;
