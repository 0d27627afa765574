"""Stand-ins of the services that facts are brought to, made from their documented contracts: they refuse what those refuse."""
