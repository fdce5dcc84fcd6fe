using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Daemon.Limits;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace TrafficCtl.Daemon.Api;

/// <summary>Maps calls of the contract as HTTP/JSON.</summary>
/// <param name="routes">Where they are mapped.</param>
/// <param name="services">The services that have the calls; not asked before the first call.</param>
internal sealed class HttpCalls(IEndpointRouteBuilder routes, Func<ServiceDescriptor[]> services)
{
    private readonly Callers callers = routes.ServiceProvider.GetRequiredService<Callers>();
    private readonly CallGate gate = routes.ServiceProvider.GetRequiredService<CallGate>();

    /// <param name="path">The route.</param>
    /// <param name="rpc">The name of the call.</param>
    /// <param name="read">The request of path and query.</param>
    /// <param name="answer">Answers.</param>
    public void Get<TRequest>(
        string path, string rpc, Func<HttpContext, Answer<TRequest>> read,
        Func<TRequest, Caller, CancellationToken, Task<Answer<IResult>>> answer)
        where TRequest : class, IMessage =>
        routes.MapGet(path, AdminGuard.Wrap(async (context, stop) =>
        {
            var (caller, unknown) = await callers.OfAsync(context, rpc, ServiceOf(context), stop);
            if (caller is null) return ProblemResult.Of(unknown!);
            var (request, refusal) = read(context);
            return request is null ? ProblemResult.Of(refusal!) : Result(await gate.AskAsync(() => answer(request, caller, stop)));
        })).WithMetadata(RouteOf(rpc));

    /// <summary>As <see cref="Get"/>, where the answer is one message.</summary>
    public void GetMessage<TRequest, TAnswer>(
        string path, string rpc, Func<HttpContext, Answer<TRequest>> read,
        Func<TRequest, Caller, CancellationToken, Task<Answer<TAnswer>>> answer)
        where TRequest : class, IMessage
        where TAnswer : class, IMessage => Get(path, rpc, read, async (request, caller, stop) =>
        {
            var (message, refusal) = await answer(request, caller, stop);
            return new Answer<IResult>(message is null ? null : Messages.Ok(message), refusal);
        });

    /// <param name="path">The route.</param>
    /// <param name="rpc">The name of the call.</param>
    /// <param name="complete">The request of the body, with what the path says.</param>
    /// <param name="answer">Answers.</param>
    public void Post<TRequest, TAnswer>(
        string path, string rpc, Func<HttpContext, TRequest, Answer<TRequest>> complete,
        Func<TRequest, Caller, CancellationToken, Task<Answer<TAnswer>>> answer)
        where TRequest : class, IMessage<TRequest>, new()
        where TAnswer : class, IMessage =>
        routes.MapPost(path, AdminGuard.Wrap(async (context, stop) =>
        {
            var (caller, unknown) = await callers.OfAsync(context, rpc, ServiceOf(context), stop);
            if (caller is null) return ProblemResult.Of(unknown!);
            var (body, problem) = await Messages.ReadAsync<TRequest>(context.Request, stop);
            if (body is null) return problem!;
            context.Features.Get<AdminCall>()?.Read();
            var (request, refusal) = complete(context, body);
            if (request is null) return ProblemResult.Of(refusal!);
            var (message, refused) = await gate.AskAsync(() => answer(request, caller, stop));
            return message is null ? ProblemResult.Of(refused!) : Messages.Ok(message);
        })).WithMetadata(RouteOf(rpc));

    private static IResult Result(Answer<IResult> answer) => answer.Message ?? ProblemResult.Of(answer.Refusal!);

    private static string ServiceOf(HttpContext context) => context.Request.RouteValues["service"] as string ?? "";

    private HttpRoute RouteOf(string name) => new(() =>
        services().Select(service => service.FindMethodByName(name)).FirstOrDefault(static method => method is not null)
        ?? throw new ArgumentException($"the contract has no {name}", nameof(name)));
}
