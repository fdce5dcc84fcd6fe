using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Api.Rpc;
using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.Daemon;

/// <summary>What stands before every route of the admin address: security headers and limits.</summary>
public static class AdminPipeline
{
    private const string MediaType = "application/grpc", GrpcStatus = "grpc-status";

    /// <summary>The frame of a message begins with a flag and a length.</summary>
    private const int PrefixBytes = 5;

    private static readonly string Internal = ((int)StatusCode.Internal).ToString(CultureInfo.InvariantCulture);
    private static readonly string InvalidArgument = ((int)StatusCode.InvalidArgument).ToString(CultureInfo.InvariantCulture);

    /// <summary>Needs <c>AddTrafficCtlApi</c>; comes before the routes.</summary>
    public static void UseAdminLimits(this IApplicationBuilder app)
    {
        var limits = app.ApplicationServices.GetRequiredService<CallLimits>();
        app.Use(async (context, next) =>
        {
            SetHeaders(context.Response.Headers);
            var (entry, refusal) = limits.Enter(context);
            if (refusal is not null)
            {
                await RefuseAsync(context, refusal);
                return;
            }

            context.Features.Set(entry.Call);
            try
            {
                if (await FramingProblemAsync(context) is { } broken)
                {
                    RpcRefusals.Write(context.Response, broken);
                    return;
                }

                await next(context);
                SettleStatus(context.Response, entry.Call);
            }
            finally
            {
                entry.Call.End();
                entry.Leave?.Invoke();
            }
        });
    }

    /// <summary>No answer is a page, and none may be kept, framed or read by a page of another site.</summary>
    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    /// <summary>
    /// A prefix that no frame has is a fault inside to the server of gRPC, with a trace in the log, which anybody could fill. It is looked
    /// at and not consumed.
    /// </summary>
    private static async Task<Refusal?> FramingProblemAsync(HttpContext context)
    {
        var method = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method;
        if (method is not { Type: MethodType.Unary or MethodType.ServerStreaming } || !IsGrpc(context.Request.ContentType)) return null;
        var body = context.Request.BodyReader;
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                if (read.Buffer.Length < PrefixBytes && !read.IsCompleted)
                {
                    body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                var problem = ProblemOf(read.Buffer);
                body.AdvanceTo(read.Buffer.Start);
                return problem;
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return Refusal.BadRequest("the caller went"); // Nobody reads it.
        }
    }

    private static Refusal? ProblemOf(ReadOnlySequence<byte> body)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (body.Length < PrefixBytes) return null; // The server of gRPC says what is missing.
        body.Slice(0, PrefixBytes).CopyTo(prefix);
        if (prefix[0] > 1) return Refusal.BadRequest("the body does not begin with a frame of gRPC");
        return BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]) <= int.MaxValue
            ? null
            : new Refusal(RefusalKind.TooMany, "message too long", $"a message may have {Messages.BodyLimit} bytes");
    }

    /// <summary>
    /// A request that no handler saw because its framing was broken is INTERNAL to the server; it is the caller's fault, as bytes that are
    /// no message are.
    /// </summary>
    private static void SettleStatus(HttpResponse response, AdminCall call)
    {
        if (!call.IsRead && !response.HasStarted && response.Headers[GrpcStatus] == Internal)
            response.Headers[GrpcStatus] = InvalidArgument;
    }

    private static async Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        if (IsGrpc(context.Request.ContentType))
        {
            RpcRefusals.Write(context.Response, refusal);
            return;
        }

        // Of a body that is not read the server reads the rest; on a connection of the reserve there is no time for that.
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<ReservedConnection>() is not null)
            context.Response.Headers.Connection = "close";
        await ProblemResult.Of(refusal).ExecuteAsync(context);
    }

    /// <summary>gRPC-Web is not.</summary>
    private static bool IsGrpc(string? contentType) =>
        contentType is not null && contentType.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == MediaType.Length || contentType[MediaType.Length] is '+' or ';');
}
