DROP TABLE login_addresses, sign_ins, api_keys, memberships, users, companies;
