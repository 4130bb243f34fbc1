"""What the programme room can be asked. Every answer is scoped to who asks; what is foreign is NotFound."""
