namespace TrafficCtl.Daemon.Api;

/// <summary>Tells whoever follows a service that a version of it was recorded.</summary>
internal delegate void VersionPublished(string service);
