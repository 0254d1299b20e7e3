/**
 * Keeps the AWS SDK from warning on every run that its later versions will not take this Node: the lock file holds
 * it at versions that do. The SDK reads the variable when its first client is made, so import this file first.
 */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ||= "true";
