-- Made once the tables are distributed.
CREATE VIEW sold AS
    SELECT s.customer_id, s.sale_id, s.channel, s.day, d.year, d.month, st.region, i.category,
        i.item_id, l.quantity, l.quantity * l.price AS amount
    FROM sales s
    JOIN lines l ON l.customer_id = s.customer_id AND l.sale_id = s.sale_id
    JOIN items i ON i.item_id = l.item_id
    JOIN dates d ON d.day = s.day
    LEFT JOIN stores st ON st.store_id = s.store_id;
CREATE VIEW spent AS
    SELECT c.customer_id, c.name, c.segment, c.city, coalesce(sum(o.amount), 0) AS amount,
        count(o.sale_id) AS lines, max(o.day) AS last_day
    FROM customers c LEFT JOIN sold o ON o.customer_id = c.customer_id
    GROUP BY c.customer_id, c.name, c.segment, c.city;
