import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/**', 'data/**', 'coverage/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@nestjs/websockets',
              importNames: ['WebSocketGateway'],
              message:
                'Use @ImGateway(): it carries pipe, filter and guard (global ones do not run for gateways).',
            },
            {
              name: '@nestjs/common',
              importNames: ['forwardRef'],
              message: 'No cycles: emit a domain event.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['src/realtime/im-gateway.decorator.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['test/**', 'packages/*/test/**', 'packages/*/bench/**', '**/*.spec.ts', 'bench/**', 'src/cli/**'],
    rules: { 'no-console': 'off' },
  },
);
