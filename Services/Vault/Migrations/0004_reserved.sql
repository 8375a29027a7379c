-- Nothing: the number belongs to a change that is not here yet. Replace this file with it.
SELECT 1;
