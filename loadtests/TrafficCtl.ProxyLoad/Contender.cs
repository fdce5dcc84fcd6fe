namespace TrafficCtl.ProxyLoad;

/// <param name="Script">The wrk script with its requests.</param>
internal sealed record Contender(string Name, Uri Address, Child Process, string Script);
