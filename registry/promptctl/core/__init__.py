"""What a release is and does, shared by the command line and the SDK. Pure."""
