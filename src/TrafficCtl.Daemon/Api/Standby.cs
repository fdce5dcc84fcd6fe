namespace TrafficCtl.Daemon.Api;

/// <summary>Why nothing can be asked of this process now, and who answers; null where it can.</summary>
internal delegate string? Standby();
