namespace TrafficCtl.Proxy.Tests.Oddities;

/// <summary>An unusual exchange, and why our proxy may treat it otherwise than nginx does.</summary>
/// <param name="Name">What is unusual.</param>
/// <param name="Request">The bytes that the client sends, a char each.</param>
/// <param name="Shown">Request headers whose values upstream are a part of the outcome.</param>
/// <param name="Why">Null where both must do the same; else why they differ, or may.</param>
internal sealed record Oddity(string Name, string Request, string[] Shown, string? Why)
{
    /// <summary>What the upstream answers; 200 with two bytes when nothing else is said.</summary>
    public string Answer { get; init; } = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// <summary>Response headers whose values at the client are a part of the outcome.</summary>
    public string[] Returned { get; init; } = [];
}
