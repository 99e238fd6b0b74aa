package schemas

// Priority keys of Temporal's tasks, on its scale of 1 to 5: a smaller one goes first. The server's default is 3.
const (
	PriorityOfPerson = 1 // of a single operation, which a person waits for
	PriorityOfFleet  = 3 // of a fleet's operations
	PriorityOfCheck  = 5 // of a check that nobody waits for
)
