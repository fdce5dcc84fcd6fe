namespace TrafficCtl.Proxy.Settings;

/// <summary>A configuration cannot be served: the message names the service, the address and what to do. Nothing has changed.</summary>
public sealed class ListenException(string message, Exception? inner = null) : Exception(message, inner);
