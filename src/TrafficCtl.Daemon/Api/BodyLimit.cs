using Microsoft.AspNetCore.Http.Metadata;

namespace TrafficCtl.Daemon.Api;

/// <summary>Stands on an endpoint whose bodies may be longer than those of the others.</summary>
internal sealed class BodyLimit(long bytes) : IRequestSizeLimitMetadata
{
    public long? MaxRequestBodySize => bytes;
}
