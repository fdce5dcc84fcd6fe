namespace TrafficCtl.Core.Targets;

/// <summary>An endpoint that is a Unix domain socket, written <c>http+unix:///run/shop.sock</c>.</summary>
public static class UnixAddress
{
    public const string Scheme = "http+unix";

    /// <summary>Bytes that a socket's path may have: the system keeps 108, one of them for its end.</summary>
    public const int MostBytes = 107;

    public static bool Is(Uri endpoint) => string.Equals(endpoint.Scheme, Scheme, StringComparison.Ordinal);

    /// <summary>The socket's path; null of an endpoint that is none.</summary>
    public static string? PathOf(Uri endpoint) => Is(endpoint) ? Uri.UnescapeDataString(endpoint.AbsolutePath) : null;
}
