-- Who appends locks this table for as long as that takes. The lock takes the right to update it, which a reader lacks.
create table model_registrar.audit_turn ();
