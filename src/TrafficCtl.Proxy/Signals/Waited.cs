namespace TrafficCtl.Proxy.Signals;

/// <summary>Whom the proxy waited for when a client left.</summary>
internal enum WaitFor
{
    /// <summary>The client: it owed a part of its request, was slow to read, or had all that a stream promised.</summary>
    Client,

    /// <summary>The version, for the first byte of its answer to a request that it had in full.</summary>
    Answer,

    /// <summary>The version, for more of an answer that it had begun.</summary>
    Rest,
}

/// <summary>How a client that left had been kept waiting.</summary>
/// <param name="For">By whom.</param>
/// <param name="Ticks">For how long nothing had moved, in units of the clock's timestamps.</param>
internal readonly record struct Waited(WaitFor For, long Ticks);
