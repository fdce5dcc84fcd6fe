using System.Reflection;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>Binds the methods of a gRPC service so that bytes that are no message are refused as a wrong argument.</summary>
/// <remarks>
/// The server's own binding treats them as a fault of the handler: UNKNOWN to the client, and an error with a whole trace in the log, which
/// anybody who can connect could fill.
/// </remarks>
internal sealed class CheckedMethods<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } binding) continue;
            // BindService(ServiceBinderBase, the base of the service): of no service, it names the methods alone.
            var bind = binding.BindType.GetMethod(binding.BindMethodName, [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException($"{binding.BindType} has no {binding.BindMethodName}");
            bind.Invoke(null, [new Binder(context), null]);
            return;
        }

        throw new InvalidOperationException($"{typeof(TService)} is no gRPC service");
    }

    private sealed class Binder(ServiceMethodProviderContext<TService> context) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            context.AddUnaryMethod(
                Checked(method), MetadataOf(method), HandlerOf<UnaryServerMethod<TService, TRequest, TResponse>>(method));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddClientStreamingMethod(
                Checked(method), MetadataOf(method), HandlerOf<ClientStreamingServerMethod<TService, TRequest, TResponse>>(method));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddServerStreamingMethod(
                Checked(method), MetadataOf(method), HandlerOf<ServerStreamingServerMethod<TService, TRequest, TResponse>>(method));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddDuplexStreamingMethod(
                Checked(method), MetadataOf(method), HandlerOf<DuplexStreamingServerMethod<TService, TRequest, TResponse>>(method));

        private static IList<object> MetadataOf(IMethod method) =>
            [.. typeof(TService).GetCustomAttributes(inherit: true), new HttpMethodMetadata(["POST"], acceptCorsPreflight: true)];

        private static THandler HandlerOf<THandler>(IMethod method)
            where THandler : Delegate
        {
            var types = typeof(THandler).GetMethod("Invoke")!.GetParameters().Skip(1).Select(static p => p.ParameterType).ToArray();
            return typeof(TService).GetMethod(method.Name, types)!.CreateDelegate<THandler>();
        }

        private static Method<TRequest, TResponse> Checked<TRequest, TResponse>(Method<TRequest, TResponse> method)
        {
            var read = method.RequestMarshaller.ContextualDeserializer;
            var marshaller = Marshallers.Create(method.RequestMarshaller.ContextualSerializer, context =>
            {
                try
                {
                    return read(context);
                }
                catch (InvalidProtocolBufferException fault)
                {
                    throw RpcRefusals.Of(Refusal.BadRequest($"the message is not that of {method.FullName}: {fault.Message}"));
                }
            });
            return new Method<TRequest, TResponse>(method.Type, method.ServiceName, method.Name, marshaller, method.ResponseMarshaller);
        }
    }
}
