using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using TrafficCtl.Core.Texts;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;
using Status = Google.Rpc.Status;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>Refusals as gRPC statuses with the details of <c>google.rpc</c>.</summary>
/// <remarks>
/// Each has an <see cref="ErrorInfo"/>, whose reason is the title of the HTTP API's problem in capitals; beside it a
/// <see cref="BadRequest"/> that names the field, or a <see cref="ResourceInfo"/> of what was not found.
/// </remarks>
internal static class RpcRefusals
{
    public const string Domain = "trafficctl.io";

    /// <summary>The message of an answer; its refusal is thrown.</summary>
    public static T Unwrap<T>(Answer<T> answer)
        where T : class => answer.Message ?? throw Of(answer.Refusal!);

    public static RpcException Of(Refusal refusal)
    {
        var status = new Status { Code = (int)CodeOf(refusal.Kind), Message = Printable.Escape(refusal.Detail) };
        Add(new ErrorInfo { Domain = Domain, Reason = refusal.Title.Replace(' ', '_').ToUpperInvariant() });
        if (refusal.Field is { } field)
            Add(new BadRequest
            {
                FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = status.Message } },
            });
        if (!refusal.Violations.IsEmpty)
            Add(new BadRequest
            {
                FieldViolations =
                {
                    refusal.Violations.Select(static v =>
                        new BadRequest.Types.FieldViolation { Field = v.Field, Description = v.Description }),
                },
            });
        if (refusal is { Kind: RefusalKind.NotFound, Resource: { } resource })
            Add(new ResourceInfo
            {
                ResourceType = resource.Type,
                ResourceName = Printable.Escape(resource.Name),
                Description = status.Message,
            });
        if (refusal is { Kind: RefusalKind.Stale, Resource: { } moved })
            Add(new PreconditionFailure { Violations = { Violation("GENERATION", moved.Name, status.Message) } });
        if (refusal.RetryAfter is { } after) Add(new RetryInfo { RetryDelay = Duration.FromTimeSpan(after) });
        return status.ToRpcException();

        void Add(IMessage detail) => status.Details.Add(Any.Pack(detail));
    }

    /// <summary>Answers a call before the server of gRPC sees it: a status alone, in the headers.</summary>
    public static void Write(HttpResponse response, Refusal refusal)
    {
        var fault = Of(refusal);
        response.StatusCode = 200;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)fault.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(fault.Status.Detail);
        foreach (var entry in fault.Trailers)
            response.Headers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
    }

    private static PreconditionFailure.Types.Violation Violation(string type, string subject, string description) =>
        new() { Type = type, Subject = subject, Description = description };

    private static Code CodeOf(RefusalKind kind) => kind switch
    {
        RefusalKind.BadRequest => Code.InvalidArgument,
        RefusalKind.Unauthenticated => Code.Unauthenticated,
        RefusalKind.Forbidden => Code.PermissionDenied,
        RefusalKind.NotFound => Code.NotFound,
        RefusalKind.Stale => Code.Aborted,
        RefusalKind.KeyWasUsed or RefusalKind.AlreadyExists => Code.AlreadyExists,
        RefusalKind.NotTheLeader => Code.FailedPrecondition,
        RefusalKind.TooMany or RefusalKind.TooOften or RefusalKind.TooLarge => Code.ResourceExhausted,
        RefusalKind.Unavailable => Code.Unavailable,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
