using System.Net;
using System.Net.Http.Headers;

namespace TrafficCtl.Cli.Asking;

/// <summary>Shows the token, and takes no other answer than one of gRPC.</summary>
internal sealed class GrpcOnly(HttpMessageHandler inner, string? token) : DelegatingHandler(inner)
{
    private const string MediaType = "application/grpc";

    private readonly AuthenticationHeaderValue? authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

    /// <exception cref="ForeignAnswerException">Something else answered.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (authorization is not null) request.Headers.Authorization = authorization;
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.OK && IsGrpc(response.Content.Headers.ContentType?.MediaType)) return response;
        var status = response.StatusCode;
        response.Dispose();
        throw new ForeignAnswerException(status);
    }

    private static bool IsGrpc(string? mediaType) => mediaType is not null
        && (mediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
            || mediaType.StartsWith($"{MediaType}+", StringComparison.OrdinalIgnoreCase));
}
