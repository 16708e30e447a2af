"""The gateway: kiosks ask the hospital system and the insurance portal through the hub (`his_adapter.remote`)."""
