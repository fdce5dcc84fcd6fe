namespace TrafficCtl.Daemon.Api;

/// <summary>Why wishes cannot be taken by this process now, and who takes them; null where they can.</summary>
internal delegate string? Standby();
