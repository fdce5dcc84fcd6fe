using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Messages;

/// <summary>Stands before the server's abort and reset, to tell a client that left from one that the forwarder cut off.</summary>
/// <remarks>
/// After a fault in the middle of an answer the forwarder aborts the client, which then looks as if it had gone by itself.
/// </remarks>
internal sealed class Cut : IHttpRequestLifetimeFeature, IHttpResetFeature
{
    private IHttpRequestLifetimeFeature? lifetime;
    private IHttpResetFeature? reset;
    private CancellationToken client;

    /// <summary>Whether the client was gone already when it was cut off; null when it was not.</summary>
    public bool? ClientHadLeft { get; private set; }

    public CancellationToken RequestAborted
    {
        get => Lifetime.RequestAborted;
        set => Lifetime.RequestAborted = value;
    }

    private IHttpRequestLifetimeFeature Lifetime => lifetime ?? throw new ObjectDisposedException(nameof(Cut));

    /// <summary>Takes the features' place until <see cref="Forget"/>; before the deadline joins its own token in.</summary>
    public void Begin(IFeatureCollection features)
    {
        lifetime = features.Get<IHttpRequestLifetimeFeature>()!;
        reset = features.Get<IHttpResetFeature>();
        (client, ClientHadLeft) = (lifetime.RequestAborted, null);
        features.Set<IHttpRequestLifetimeFeature>(this);
        if (reset is not null) features.Set<IHttpResetFeature>(this);
    }

    public void Forget() => (lifetime, reset, client, ClientHadLeft) = (null, null, default, null);

    public void Abort()
    {
        ClientHadLeft ??= client.IsCancellationRequested;
        Lifetime.Abort();
    }

    public void Reset(int errorCode)
    {
        ClientHadLeft ??= client.IsCancellationRequested;
        reset?.Reset(errorCode);
    }
}
